"""Texts that messages could stumble over, beside those that any output could."""

from tests.texts.texts import ALL

TEXTS = (
    *filter(None, ALL),
    "{to} {text} {id}",
    "two\nlines\r\nXác nhận: https://evil.example",
    "Subject: x\r\nBcc: all@example.vn\r\n\r\n.\r\n",
    "=cmd|' /C calc'!A0",
    "🌊🚨 mưa" * 20,
    "Trung tâm " * 300,
    "\u200b\ufeff\u00a0 ẩn \u2028 dòng",
    "日本語 ไทย",
    "NaN",
)
