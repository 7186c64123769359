"""Gives the window its language, after its first paint: the empty frame that is seen first says nothing."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from app.core.language import NUMBERS, TRANSLATE, NumberMarks
from app.core.paths import resources

SYSTEM = "system"


def speak(application: QApplication, language: str) -> None:
    """Translate what is said from now on; `language` is a setting's value, such as `system` or `zh_CN`.

    Numbers and dates follow the language; where there is no translation into the system's, they follow the
    system all the same.
    """
    locale = QLocale() if language == SYSTEM else QLocale(language)
    QLocale.setDefault(locale)
    NUMBERS.set(NumberMarks(locale.decimalPoint(), locale.groupSeparator() or " "))
    if locale.language() in (QLocale.Language.C, QLocale.Language.English):
        return
    own = QTranslator(application)
    if not own.load(locale, "parley", "_", str(resources() / "translations")):
        return
    qt = QTranslator(application)
    if qt.load(locale, "qtbase", "_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        application.installTranslator(qt)
    application.installTranslator(own)
    application.setLayoutDirection(locale.textDirection())
    TRANSLATE.set(QCoreApplication.translate)
