; The installer for Windows, for one user, without administrator rights. Compiled by windows_installer.py, which
; defines VERSION, BUNDLE (the frozen folder), ICON and TARGET, and FILES and FOLDERS, the lists that the
; uninstaller removes. Silent: /S, and /D=FOLDER as the last argument.
Unicode true
SetCompressor /SOLID lzma
RequestExecutionLevel user
ManifestDPIAware true

!include MUI2.nsh
!include FileFunc.nsh

Name "Parley"
OutFile "${TARGET}"
InstallDir "$LOCALAPPDATA\Programs\Parley"
InstallDirRegKey HKCU "Software\Parley" "Folder"
BrandingText "Parley ${VERSION}"

VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "Parley"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileDescription "Parley's installer"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey LegalCopyright "MIT licence"

!ifdef SIGN
  !finalize '${SIGN} "%1"'
  !uninstfinalize '${SIGN} "%1"'
!endif

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_FINISHPAGE_RUN "$INSTDIR\parley-window.exe"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"
!insertmacro MUI_LANGUAGE "SimpChinese"

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Parley"

Section
  ; What an older version left would be mixed with the new one.
  IfFileExists "$INSTDIR\uninstall.exe" 0 +2
    ExecWait '"$INSTDIR\uninstall.exe" /S _?=$INSTDIR'
  SetOutPath "$INSTDIR"
  File /r "${BUNDLE}\*"
  File "/oname=parley.ico" "${ICON}"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\Parley.lnk" "$INSTDIR\parley-window.exe" "" "$INSTDIR\parley.ico"

  WriteRegStr HKCU "Software\Parley" "Folder" "$INSTDIR"
  WriteRegStr HKCU "Software\Classes\.gguf\OpenWithProgids" "Parley.gguf" ""
  WriteRegStr HKCU "Software\Classes\Parley.gguf" "" "Language model (GGUF)"
  WriteRegStr HKCU "Software\Classes\Parley.gguf\DefaultIcon" "" "$INSTDIR\parley.ico"
  WriteRegStr HKCU "Software\Classes\Parley.gguf\shell\open\command" "" '"$INSTDIR\parley-window.exe" "%1"'
  ReadRegStr $0 HKCU "Software\Classes\.gguf" ""
  StrCmp $0 "" 0 +2
    WriteRegStr HKCU "Software\Classes\.gguf" "" "Parley.gguf"
  ; So that Win+R and the Start menu's search know `parley`.
  WriteRegStr HKCU "Software\Microsoft\Windows\CurrentVersion\App Paths\parley.exe" "" "$INSTDIR\parley.exe"

  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Parley"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The Parley maintainers"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\parley.ico"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" $0
  ${RefreshShellIcons}
SectionEnd

Section Uninstall
  ; Only what was installed: the folder may hold a `data` folder of the user's.
  !include "${FILES}"
  Delete "$INSTDIR\parley.ico"
  Delete "$INSTDIR\uninstall.exe"
  !include "${FOLDERS}"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Parley.lnk"
  ReadRegStr $0 HKCU "Software\Classes\.gguf" ""
  StrCmp $0 "Parley.gguf" 0 +2
    DeleteRegValue HKCU "Software\Classes\.gguf" ""
  DeleteRegValue HKCU "Software\Classes\.gguf\OpenWithProgids" "Parley.gguf"
  DeleteRegKey /ifempty HKCU "Software\Classes\.gguf\OpenWithProgids"
  DeleteRegKey /ifempty HKCU "Software\Classes\.gguf"
  DeleteRegKey HKCU "Software\Classes\Parley.gguf"
  DeleteRegKey HKCU "Software\Microsoft\Windows\CurrentVersion\App Paths\parley.exe"
  DeleteRegKey HKCU "${UNINSTALL}"
  DeleteRegKey HKCU "Software\Parley"
  ${RefreshShellIcons}
SectionEnd
