"""The command line: the headless twin of every screen. stdout is data, stderr is talk, exit statuses are API."""
