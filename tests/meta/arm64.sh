#!/bin/sh
# arm64.sh DIR JOBS: builds weir for arm64 in DIR and writes DIR/run, which runs it under qemu-user.
# The libraries for arm64 come from the machine's own apt sources, fetched with lists of their own
# and unpacked in DIR: the machine's packages and architectures stay as they are.
set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)
jobs=$2

packages="libjansson-dev libjansson4 libuv1-dev libuv1 libsqlite3-dev libsqlite3-0"
packages="$packages zlib1g-dev zlib1g"
if [ "$(cat "$dir/root/done" 2>/dev/null)" != "$packages" ]; then
    rm -rf "$dir/debs"
    mkdir -p "$dir/lists/partial" "$dir/debs"
    apt="apt-get -q -o APT::Architectures=arm64 -o Dir::State::lists=$dir/lists
         -o APT::Sandbox::User=root -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache="
    $apt update
    (cd "$dir/debs" && $apt download $(printf '%s:arm64 ' $packages))
    for deb in "$dir"/debs/*.deb; do
        dpkg-deb -x "$deb" "$dir/root"
    done
    echo "$packages" >"$dir/root/done"
fi

library=$dir/root/usr/lib/aarch64-linux-gnu
PKG_CONFIG_LIBDIR=$library/pkgconfig PKG_CONFIG_SYSROOT_DIR=$dir/root \
    cmake -S "$source" -B "$dir/build" -G Ninja -D CMAKE_SYSTEM_NAME=Linux \
    -D CMAKE_SYSTEM_PROCESSOR=aarch64 -D CMAKE_C_COMPILER=aarch64-linux-gnu-gcc \
    -D CMAKE_BUILD_TYPE=Release -D WEIR_TESTS=OFF -D WEIR_LTO=OFF \
    -D CMAKE_EXE_LINKER_FLAGS="-Wl,-rpath-link,$library"
cmake --build "$dir/build" -j "$jobs"

cat >"$dir/run" <<END
#!/bin/sh
exec qemu-aarch64 -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH="$library" "$dir/build/weir" "\$@"
END
chmod +x "$dir/run"
file=$dir/build/weir
test "$(head -c 19 "$file" | tail -c 1 | od -An -tu1 | tr -d ' ')" = 183 # ELF machine: AArch64
