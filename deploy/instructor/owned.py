"""Collects what students handed in as what its owner handed in: a folder of the exchange can have any name, and hold links."""

import os
import pwd
import shutil

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import ignore_patterns


class Collect(ExchangeCollect):
    """nbgrader takes the student from the folder's name, and follows links with the instructor's rights."""

    def _path_to_record(self, path):
        record, owner = super()._path_to_record(path), os.lstat(path).st_uid
        try:
            name = pwd.getpwuid(owner).pw_name
        except KeyError:
            name = f"account-{owner}"
            self.log.warning("%s belongs to account %d, which has no name here: it is collected as %s", path, owner, name)
        if name != record["username"]:
            self.log.warning("%s is collected as handed in by %s, whose folder it is", path, name)
        return record | {"username": name}

    def do_copy(self, src, dest, log=None):
        if os.path.islink(src):
            self.log.warning("%s is a link and not collected", src)
            return
        limit = 1000 * self.coursedir.max_dir_size
        if self.get_size(src) > limit:
            self.log.warning("%s has more than %d bytes and is not collected", src, limit)
            return
        wanted = self.coursedir
        ignore = ignore_patterns(exclude=wanted.ignore, include=wanted.include, max_file_size=wanted.max_file_size, log=self.log)
        shutil.copytree(src, dest, symlinks=True, ignore=ignore)
        for folder, folders, files in os.walk(dest):
            for link in filter(os.path.islink, (os.path.join(folder, name) for name in folders + files)):
                self.log.warning("%s is a link and not collected", link)
                os.unlink(link)
