"""Web pages: the portal, the desk and the development mailbox."""
