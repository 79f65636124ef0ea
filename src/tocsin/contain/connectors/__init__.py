"""Where acts on accounts are carried out: SCIM 2.0, a command; and the probes that ask services. One file each."""
