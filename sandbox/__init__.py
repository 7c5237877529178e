"""A practice Meta: both sign-in dialogs and the Graph API, strict and stateful, on one port."""
