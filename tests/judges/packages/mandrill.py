"""Mailchimp's package for Mailchimp Transactional, which was Mandrill. It sends the bodies that it is given, and is given empty ones."""

import mailchimp_transactional


def send(case, message, _):
    mailchimp_transactional.Client(case["settings"]["key"]).messages.send({})


def send_template(case, message, _):
    mailchimp_transactional.Client(case["settings"]["key"]).messages.send_template({})


JUDGE = ("mailchimp-transactional", {"send": send, "send_template": send_template})
