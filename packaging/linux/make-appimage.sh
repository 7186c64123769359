#!/bin/sh
# Packs the bundle in the folder given into an AppImage. Fetches appimagetool, which brings the runtime along.
set -eu
target="$(cd "$1" && pwd)"
here="$(cd "$(dirname "$0")/../.." && pwd)"
version="$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$here/app/__init__.py")"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

machine="$(uname -m)"
tool="$scratch/appimagetool"
curl -fsSL -o "$tool" "https://github.com/AppImage/appimagetool/releases/download/continuous/appimagetool-$machine.AppImage"
chmod +x "$tool"

folder="$scratch/Parley.AppDir"
dpkg-deb --extract "$target"/parley_*.deb "$folder"
ln -s usr/bin/parley "$folder/AppRun"
ln -s usr/share/applications/org.parley.Parley.desktop "$folder/org.parley.Parley.desktop"
ln -s usr/share/icons/hicolor/256x256/apps/org.parley.Parley.png "$folder/org.parley.Parley.png"
# A container has no FUSE: the tool unpacks itself instead.
ARCH="$machine" "$tool" --appimage-extract-and-run "$folder" "$target/Parley-$version-$machine.AppImage"
