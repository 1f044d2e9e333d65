"""Meta's package for its Marketing API."""

from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.api import FacebookAdsApi

# The columns in the order of Meta's documents, and where their values come from.
COLUMNS = {
    "EXTERN_ID": "user_id", "EMAIL": "email", "PHONE": "phone",
    "DOBY": "birth_year", "DOBM": "birth_month", "DOBD": "birth_day", "LN": "last_name", "FN": "first_name", "FI": "first_initial", "GEN": "gender",
    "CT": "city", "ST": "state", "ZIP": "zip", "COUNTRY": "country", "MADID": "mobile_advertiser_id",
}  # fmt: skip


def audience(case, message):
    api = FacebookAdsApi.init(access_token=case["settings"]["access_token"], crash_log=False)
    person = case["content"]["facebook"] | message
    row = [person[source] for source in COLUMNS.values()]
    return CustomAudience(case["content"]["audience"], api=api), (list(COLUMNS), [row])


def add(case, message, _):
    audience_of, people = audience(case, message)
    audience_of.add_users(*people, is_raw=True)


def remove(case, message, _):
    audience_of, people = audience(case, message)
    audience_of.remove_users(*people, is_raw=True)


JUDGE = ("facebook-business", {"add": add, "remove": remove})
