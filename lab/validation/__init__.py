"""One sentence per mistake: errors, kinds of arguments, checks of them, signatures."""
