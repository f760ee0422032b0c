"""How it is spoken: HTTP requests and pages; knows callers by header or cookie, decides nothing."""
