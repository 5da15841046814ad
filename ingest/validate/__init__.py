"""May this file be accepted? The checks of one return, from the form definitions alone."""
