"""The organisation's electronic seal on a PDF: identities, keys, signing and time-stamps (PAdES, ETSI EN 319 142-1).

Legal ground: an electronic seal shows origin and integrity (Regulation (EU) 910/2014, Art. 3(25) and 35 to 37).
"""
