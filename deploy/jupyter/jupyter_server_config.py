"""The settings of every server of the class, a student's and an instructor's."""

import os

from jupyter_client import localinterfaces

c = get_config()  # noqa: F821

# A kernel holds most of a student's memory (docs/class.md). It ends after half an hour without a cell, also under an open page; opening
# it again and running all takes half a minute.
c.MappingKernelManager.cull_idle_timeout = 1800
c.MappingKernelManager.cull_interval = 120
c.MappingKernelManager.cull_connected = True
# The kernel answers after six seconds on a quiet machine; a class that starts together waits longer.
c.MappingKernelManager.kernel_info_timeout = 300
# On a server of many accounts the kernels of each have an address of their own, see jupyterhub_config.py. Jupyter starts kernels only
# where it knows the machine to be its own.
if "EM_LAB_KERNEL_ADDRESS" in os.environ:
    localinterfaces.local_ips()
    localinterfaces.LOCAL_IPS.append(os.environ["EM_LAB_KERNEL_ADDRESS"])
    c.KernelManager.ip = os.environ["EM_LAB_KERNEL_ADDRESS"]
