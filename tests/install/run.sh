#!/bin/sh
# run.sh BUILD: installs BUILD into an empty prefix, then compiles and runs an outside program
# against it twice: by pkg-config and by find_package.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" >/dev/null
(cd "$work/prefix" && find . -type f | sort)
"$work/prefix/bin/weir" models >/dev/null

# The tree may be moved: nothing in it may name the place it was built or installed in.
if grep -rlI -e "$work" -e "$build" "$work/prefix"; then
    echo "an installed file names a directory of the build"
    exit 1
fi
mv "$work/prefix" "$work/moved"

PKG_CONFIG_PATH=$(dirname "$(find "$work/moved" -name weir.pc)")
export PKG_CONFIG_PATH
test "$(pkg-config --modversion weir)" = "$(sed -n 's/^project(weir VERSION \([0-9.]*\).*/\1/p' \
    "$here/../../CMakeLists.txt")"
cc -std=c11 -Wall -Wextra -Werror "$here/outside.c" $(pkg-config --cflags --libs weir) \
    -o "$work/outside"
"$work/outside" | tee "$work/by-pkg-config"

cmake -S "$here" -B "$work/build" -G Ninja -D CMAKE_PREFIX_PATH="$work/moved" >/dev/null
cmake --build "$work/build" >/dev/null
"$work/build/outside" | tee "$work/by-find-package"
cmp "$work/by-pkg-config" "$work/by-find-package"
