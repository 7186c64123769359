#!/bin/sh
# Packs the package in the folder given into an AppImage. appimagetool and the runtime that starts such an image are
# fetched, each of one version; what has not the sha256 that is noted here is neither run nor packed.
set -eu
target="$(cd "$1" && pwd)"
here="$(cd "$(dirname "$0")/../.." && pwd)"
version="$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$here/app/__init__.py")"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

tool_version=1.9.1
runtime_version=20251108
machine="$(uname -m)"
case "$machine" in
x86_64)
    tool_sha256=ed4ce84f0d9caff66f50bcca6ff6f35aae54ce8135408b3fa33abfc3cb384eb0
    runtime_sha256=2fca8b443c92510f1483a883f60061ad09b46b978b2631c807cd873a47ec260d
    ;;
aarch64)
    tool_sha256=f0837e7448a0c1e4e650a93bb3e85802546e60654ef287576f46c71c126a9158
    runtime_sha256=00cbdfcf917cc6c0ff6d3347d59e0ca1f7f45a6df1a428a0d6d8a78664d87444
    ;;
*)
    echo "There is no appimagetool for $machine." >&2
    exit 1
    ;;
esac

# fetch ADDRESS SHA256 FILE
fetch() {
    curl -fsSL -o "$3" "https://github.com/AppImage/$1"
    echo "$2  $3" | sha256sum --check --quiet -
}

tool="$scratch/appimagetool"
runtime="$scratch/runtime"
fetch "appimagetool/releases/download/$tool_version/appimagetool-$machine.AppImage" "$tool_sha256" "$tool"
fetch "type2-runtime/releases/download/$runtime_version/runtime-$machine" "$runtime_sha256" "$runtime"
chmod +x "$tool"

folder="$scratch/Parley.AppDir"
dpkg-deb --extract "$target"/parley_*.deb "$folder"
ln -s usr/bin/parley "$folder/AppRun"
ln -s usr/share/applications/org.parley.Parley.desktop "$folder/org.parley.Parley.desktop"
ln -s usr/share/icons/hicolor/256x256/apps/org.parley.Parley.png "$folder/org.parley.Parley.png"
# A container has no FUSE: the tool unpacks itself instead.
ARCH="$machine" "$tool" --appimage-extract-and-run --runtime-file "$runtime" \
    "$folder" "$target/Parley-$version-$machine.AppImage"
