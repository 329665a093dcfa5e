"""Puts the site together in target/site: the pages, the program, the model, and the rendered notebooks. scripts/web calls it."""

import base64
import gzip
import json
import re
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.formatters import HtmlFormatter

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "web"
PARTS = ROOT / "target" / "web"
SITE = ROOT / "target" / "site"
WASM = PARTS / "build" / "wasm32-unknown-unknown" / "release" / "em_lab_web.wasm"
FORMULA = re.compile(r"\x02(\d+)\x03")


class Formulas(IPythonRenderer):
    """Leaves a mark for each formula, and keeps it in a list for KaTeX."""

    found = []

    def mark(self, tex, display):
        self.found.append((tex, display))
        return f"\x02{len(self.found) - 1}\x03"

    def block_math(self, body):
        return self.mark(body, True)

    def inline_math(self, body):
        return self.mark(body, False)

    def latex_environment(self, name, body):
        return self.mark(f"\\begin{{{name}}}{body}\\end{{{name}}}", True)


def markdown(source):
    """A cell's text as HTML; links between notebooks lead to their pages."""
    html = MarkdownWithMath(renderer=Formulas(escape=False, exclude_anchor_links=True)).render(source)
    return re.sub(r'(href="[^":]*)\.ipynb\b', r"\1.html", html)


def title_of(notebook):
    """The first heading, without its number."""
    return re.search(r"^# +(?:\d+\. *)?(.*)$", notebook.cells[0].source, re.MULTILINE).group(1)


def notebooks():
    """Renders the executed notebooks, all formulas by one run of KaTeX, and returns their files and titles."""
    paths = sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb"))
    read = [nbformat.read(path, as_version=4) for path in paths]
    pages = [{"file": f"{path.stem}.html", "title": title_of(notebook)} for path, notebook in zip(paths, read)]
    exporter = HTMLExporter(template_name="notebook", extra_template_basedirs=[str(SOURCE)])
    exporter.register_filter("markdown2html", markdown)
    rendered = []
    for notebook, page in zip(read, pages):
        here = [{**other, "current": other is page} for other in pages]
        html, _ = exporter.from_notebook_node(notebook, {"title": page["title"], "pages": here})
        rendered.append(html)
    program = ["node", SOURCE / "formulas.mjs", PARTS / "npm" / "node_modules"]
    answer = subprocess.run(program, input=json.dumps(Formulas.found), capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        sys.exit(f"em-lab: a formula of a notebook cannot be rendered: {answer.stderr.strip()}")
    formulas = json.loads(answer.stdout)
    (SITE / "notebooks").mkdir()
    for html, page in zip(rendered, pages):
        html = FORMULA.sub(lambda mark: formulas[int(mark.group(1))], html)
        (SITE / "notebooks" / page["file"]).write_text(html, encoding="utf-8")
    return pages


def code_colours():
    """The colours of the programs, for light and dark."""
    light = HtmlFormatter(style="default").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def script_of(path, name):
    """A file inside a script, which a page may load from a folder, too."""
    text = base64.b64encode(path.read_bytes()).decode()
    (SITE / "assets" / f"{name}.js").write_text(f'EmLab.provide("{name}", "{text}");\n')


def main():
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.copytree(SOURCE / "site", SITE)
    assets = SITE / "assets"
    assets.mkdir()
    script_of(WASM, "em_lab.wasm")
    for name in ["digits.model", "component-labels.bin", "real-digits.bin"]:
        script_of(PARTS / name, name)
    katex = PARTS / "npm" / "node_modules" / "katex" / "dist"
    (assets / "katex" / "fonts").mkdir(parents=True)
    shutil.copy(katex / "katex.min.css", assets / "katex")
    for font in (katex / "fonts").glob("*.woff2"):
        shutil.copy(font, assets / "katex" / "fonts")
    (assets / "code.css").write_text(code_colours())
    pages = notebooks()
    items = "\n".join(f'<li><a href="notebooks/{p["file"]}">{escape(p["title"])}</a></li>' for p in pages)
    index = SITE / "index.html"
    index.write_text(index.read_text().replace("<!-- notebooks -->", items))
    size = sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file())
    wasm = len(gzip.compress(WASM.read_bytes(), 9))
    print(f"target/site: {size / 1e6:.1f} MB; the program {wasm / 1e3:.0f} KB compressed, the model {(PARTS / 'digits.model').stat().st_size / 1e3:.0f} KB")


if __name__ == "__main__":
    main()
