"""JSON in the notation of llama.cpp's grammars: the rules that others are made of. Pure.

White space is little, since a model might else write it without end.
"""

from __future__ import annotations

JSON = r"""
value ::= object | array | string | number | boolean | null
object ::= "{" gap (member ("," gap member)*)? "}"
member ::= string ":" gap value gap
array ::= "[" gap (value gap ("," gap value gap)*)? "]"
string ::= "\"" character* "\""
character ::= [^"\\\x00-\x1F\x7F] | "\\" (["\\/bfnrt] | "u" ([0-9a-cA-CeEfF] hex | [dD] [0-7]) hex{2})
hex ::= [0-9a-fA-F]
integer ::= "-"? ("0" | [1-9] [0-9]{0,15})
number ::= integer ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,3})?
boolean ::= "true" | "false"
null ::= "null"
gap ::= (" " | "\n" [ \t]{0,16})?
date ::= "\"" day "\""
time ::= "\"" hour "\""
date-time ::= "\"" day "T" hour "\""
uuid ::= "\"" hex{8} ("-" hex{4}){3} "-" hex{12} "\""
day ::= [12] [0-9]{3} "-" (long-month "-" ("3" [01] | to-29) | short-month "-" ("30" | to-29) | "02-" to-28)
long-month ::= "0" [13578] | "1" [02]
short-month ::= "0" [469] | "11"
to-29 ::= to-28 | "29"
to-28 ::= "0" [1-9] | "1" [0-9] | "2" [0-8]
hour ::= hours ":" [0-5] [0-9] ":" [0-5] [0-9] ("." [0-9]{1,6})? ("Z" | [+-] hours ":" [0-5] [0-9])
hours ::= [01] [0-9] | "2" [0-3]
"""

ANY_OBJECT = f"root ::= object\n{JSON}"
"""Whatever is an object."""
