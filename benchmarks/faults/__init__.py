"""A campaign of faults: processes are killed, disks fill up, files break, the server goes away."""
