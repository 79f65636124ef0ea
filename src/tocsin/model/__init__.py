"""The nouns: frozen, no input or output, no clock. One file each."""
