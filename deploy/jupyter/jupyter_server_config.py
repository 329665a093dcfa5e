"""The settings of every server of the class, a student's and an instructor's."""

c = get_config()  # noqa: F821

# A kernel holds most of a student's memory (docs/class.md). It ends after half an hour without a cell, also under an open page; opening
# it again and running all takes half a minute.
c.MappingKernelManager.cull_idle_timeout = 1800
c.MappingKernelManager.cull_interval = 120
c.MappingKernelManager.cull_connected = True
# The kernel answers after six seconds on a quiet machine; a class that starts together waits longer.
c.MappingKernelManager.kernel_info_timeout = 300
