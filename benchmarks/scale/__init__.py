"""Search throughput of several processes against one."""
