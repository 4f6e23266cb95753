"""What this build calls itself; fails where the new requirement was not installed."""

import xmltodict

VERSION = "3.0+" + xmltodict.parse("<name>xmltodict</name>")["name"]
