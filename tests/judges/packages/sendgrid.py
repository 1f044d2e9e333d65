"""Twilio's package for SendGrid."""

import sendgrid
from sendgrid.helpers import mail as helpers

from packages.message import ids, properties
from recorder import ADDRESSED_TO


def mail(case, message, recorder):
    settings, content = case["settings"], case["content"]
    written = helpers.Mail(from_email=(settings["from"], settings.get("from_name")))
    person = helpers.Personalization()
    person.add_to(helpers.To(message["email"]))
    for name, value in ids(message).items():
        person.add_custom_arg(helpers.CustomArg(name, value))
    if "template" in content:
        written.template_id = content["template"]
        person.dynamic_template_data = properties(case, message)
    else:
        written.subject = content["subject"]
        written.add_content(content["body"], "text/plain")
    if "html" in content:
        written.add_content(content["html"], "text/html")
    written.add_personalization(person)
    for category in [message["campaign"], *content.get("sendgrid", {}).get("categories", [])]:
        written.add_category(helpers.Category(category))
    if "reply_to" in settings:
        written.reply_to = helpers.ReplyTo(settings["reply_to"])
    if "unsubscribe_group" in settings:
        written.asm = helpers.Asm(helpers.GroupId(settings["unsubscribe_group"]))
    if "unsubscribe_url" in content:
        written.add_header(helpers.Header("List-Unsubscribe", f"<{content['unsubscribe_url']}>"))
        written.add_header(helpers.Header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    if settings.get("subscription_tracking"):
        written.tracking_settings = helpers.TrackingSettings(
            subscription_tracking=helpers.SubscriptionTracking(enable=True)
        )
    client = sendgrid.SendGridAPIClient(settings["api_key"])
    # It uses no library that could be led elsewhere.
    client.client.request_headers[ADDRESSED_TO], client.client.host = client.client.host, recorder.address
    client.send(written)


JUDGE = ("sendgrid", {"mail": mail})
