"""Questions about optimization, each answered by one script: `python -m studies.NAME`."""
