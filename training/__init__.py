"""How the bundled checkpoint was made, end to end, and how it is evaluated."""

import os

# Several runs share the cores. A thread that waits must not spin while another process has its core: a step that takes
# 5 ms alone took 250 ms beside two other runs. Read once, when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
