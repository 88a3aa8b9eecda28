#!/usr/bin/env bash
# Installs on Debian what `npm run test:interop` talks to: a news server, newsreaders, and libraries for them.
#
# No service is started: the tests run a news server of their own in a temporary directory. What is there already stays.
set -eu

packages=(inn2 tin slrn slrnpull suck perl python3 tmux)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as=()
[ "$(id -u)" -eq 0 ] || as=(sudo -n)

# Until this script ends, invoke-rc.d asks here, and hears that nothing may be started.
policy=/usr/sbin/policy-rc.d
isOurs=
settings=$(mktemp)
cleanUp() {
  rm -f "$settings"
  [ -z "$isOurs" ] || "${as[@]}" rm -f "$policy"
}
trap cleanUp EXIT
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as[@]}" tee "$policy" >/dev/null
  "${as[@]}" chmod 755 "$policy"
  isOurs=yes
fi

# INN wants to know its domain while it is being installed, and a container has none.
cat >"$settings" <<END
mta: "/bin/true %s"
domain: interop.invalid
pathhost: interop.invalid
pathnews: /usr/lib/news
pathdb: /var/lib/news
pathetc: /etc/news
pathrun: /run/news
pathlog: /var/log/news
pathspool: /var/spool/news
hismethod: hisv6
enableoverview: true
ovmethod: tradindexed
END
chmod 644 "$settings"

"${as[@]}" apt-get update -qq
"${as[@]}" env DEBIAN_FRONTEND=noninteractive INNCONF="$settings" \
  apt-get install -y -qq --no-install-recommends "${missing[@]}"
