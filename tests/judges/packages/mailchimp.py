"""Mailchimp's package. It sends the bodies that it is given, and is given empty ones."""

import hashlib

import mailchimp_marketing


def connected(case):
    client = mailchimp_marketing.Client()
    client.set_config({"api_key": case["settings"]["key"]})
    return client


def member(case, message):
    return case["settings"]["list"], hashlib.md5(message["email"].lower().encode()).hexdigest()


def add(case, message, _):
    lists = connected(case).lists
    lists.set_list_member(*member(case, message), {}, skip_merge_validation=True)
    lists.update_list_member_tags(*member(case, message), {})


def remove(case, message, _):
    connected(case).lists.update_list_member_tags(*member(case, message), {})


def event(case, message, _):
    connected(case).lists.create_list_member_event(*member(case, message), {})


def flow(case, message, _):
    named = case["content"]["mailchimp"]
    connected(case).customerJourneys.trigger(named["flow"], named["step"], {})


JUDGE = ("mailchimp-marketing", {"add": add, "remove": remove, "event": event, "flow": flow})
