"""Characters by which a text says something other than it shows: those that do not show, and letters of another script.

Finds them; what they mean for an answer, or for a file of rules, is for others to say.
"""

from __future__ import annotations

import re

# Under these names they are taken out of what is sent.
HIDDEN = "invisible-character"
MIXED_SCRIPTS = "mixed-scripts"

# Directions, widths and joiners, tags, and letters that are blank. U+FE0F, which colours an emoji, is none of them.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    # Between two letters of the scripts that need them, or in an emoji, the joiners are spelling.
    "|(?<![^\\x00-\\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\\x00-\\x7f])"
)
# Words in which a letter of another script stands between Latin ones, whose look it has. A Greek letter alone is often a
# formula's.
MIXED = re.compile(
    "(?=[A-Za-z]*[\u0400-\u04ff])(?=[\u0400-\u04ff]*[A-Za-z])[A-Za-z\u0400-\u04ff]{2,}"
    "|[A-Za-z]+[ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοικνρ][A-Za-z]+"
)
