"""The colours of pages and figures; none says anything alone: shape, fill and word say it too."""

INK, INK_2, INK_3 = "#1B2226", "#46525A", "#626E76"
RULE, RULE_2, BAND, TINT = "#D3D9DC", "#8B979E", "#E7EBED", "#F3F5F6"
INFO, GOOD = "#1F5A94", "#0B6E63"
WARN, WARN_FILL, FAIL, CONTROL = "#8A5200", "#F2B134", "#A61B1B", "#8E2A8A"
CASING = "#111111"
"""Round white lines and letters on an image: they are seen on black air and on white Teflon alike."""
