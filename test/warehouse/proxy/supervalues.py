"""Navigation of SUPER: filled in below."""


def navigate(statement, edits, number):
    return False
