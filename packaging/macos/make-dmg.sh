#!/bin/sh
# Signs Parley.app in the folder given first, and packs it into the disk image given second.
# PARLEY_SIGNING_IDENTITY names the certificate; without it the signature is an ad-hoc one, which this Mac alone trusts.
# PARLEY_NOTARY_PROFILE names credentials kept by notarytool; with it Apple is asked to notarise the image.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
app="$1/Parley.app"
image="$2"
identity="${PARLEY_SIGNING_IDENTITY:--}"

codesign --force --deep --options runtime --entitlements "$here/entitlements.plist" --sign "$identity" "$app"
codesign --verify --deep --strict "$app"

staging="$(mktemp -d)"
trap 'rm -rf "$staging"' EXIT
ditto "$app" "$staging/Parley.app"
ln -s /Applications "$staging/Applications"
rm -f "$image"
hdiutil create -volname Parley -srcfolder "$staging" -format ULMO -ov "$image"

if [ -n "${PARLEY_NOTARY_PROFILE:-}" ]; then
    codesign --sign "$identity" "$image"
    xcrun notarytool submit "$image" --keychain-profile "$PARLEY_NOTARY_PROFILE" --wait
    xcrun stapler staple "$image"
fi
