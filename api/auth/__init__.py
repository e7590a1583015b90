"""Who may enter: accounts, passwords, sign-ins kept on the server, API tokens."""
