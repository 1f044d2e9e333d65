"""The packages that providers publish themselves: a file each, with a function for each call that Rekindle makes, too."""

from packages import customer_io, facebook, mailchimp, mandrill, segment, sendgrid

# For each recording, the package's name and the functions behind the calls of its cases.
JUDGES = {
    "customer-io": customer_io.JUDGE,
    "facebook": facebook.JUDGE,
    "mailchimp": mailchimp.JUDGE,
    "mandrill": mandrill.JUDGE,
    "segment": segment.JUDGE,
    "sendgrid": sendgrid.JUDGE,
}
