"""Customer.io's package. It sends the events that it is given, and is given an empty one."""

import customerio

from packages.message import ids, properties


def app(case, message):
    common = {"identifiers": {"id": message["user_id"]}, "message_data": properties(case, message)}
    if "template" in case["settings"]:
        common |= {"transactional_message_id": case["settings"]["template"]}
    return customerio.APIClient(case["settings"]["app_key"]), common


def email(case, message, _):
    client, common = app(case, message)
    settings, content = case["settings"], case["content"]
    texts = {"body": content["body"], "body_plain": content["body"]} if "body" in content else {}
    client.send_email(
        customerio.SendEmailRequest(
            to=message["email"],
            subject=content["subject"],
            _from=settings.get("from"),
            reply_to=settings.get("reply_to"),
            headers=ids(message),
            send_to_unsubscribed=False,
            **texts,
            **common,
        )
    )


def push(case, message, _):
    client, common = app(case, message)
    content = case["content"]
    client.send_push(
        customerio.SendPushRequest(
            title=content["title"],
            message=content["body"],
            link=content["deep_link"],
            image_url=content["image"],
            custom_data=content["data"] | ids(message),
            send_to_unsubscribed=False,
            **common,
        )
    )


def sms(case, message, _):
    client, common = app(case, message)
    client.send_sms(customerio.SendSMSRequest(to=message["phone"], send_to_unsubscribed=False, **common))


def in_app(case, message, _):
    client, common = app(case, message)
    client.send_in_app(customerio.SendInAppRequest(**common))


def event(case, message, _):
    client = customerio.CustomerIO(case["settings"]["site_id"], case["settings"]["api_key"])
    client.batch([{}])


JUDGE = ("customerio", {"email": email, "push": push, "sms": sms, "in_app": in_app, "event": event})
