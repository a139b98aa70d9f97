# shellcheck shell=bash
# To be sourced. private_apt FOLDER ARCHITECTURE RELEASE: an apt of its own in FOLDER, for packages that are unpacked
# and never installed, of RELEASE from the mirror of Debian that this machine's apt knows, checked with Debian's keys.
# apt, told by APT_CONFIG, then uses it. Returns 1 where no mirror is known.
private_apt() {
  local folder=$1 architecture=$2 release=$3 mirror keys=/usr/share/keyrings/debian-archive-keyring.gpg
  mirror=$(apt-get indextargets --format '$(SITE) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
    awk '$2 !~ /security/ {print $2; exit}')
  [ -n "$mirror" ] && [ -r "$keys" ] || return 1
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
  : >"$folder/status"
  echo "deb [arch=$architecture signed-by=$keys] $mirror $release main" >"$folder/sources.list"
  cat >"$folder/apt.conf" <<CONF
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Install-Recommends "false";
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
Dir::State "$folder";
Dir::State::status "$folder/status";
Dir::Cache "$folder/cache";
Dir::Etc::SourceList "$folder/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
CONF
  export APT_CONFIG=$folder/apt.conf
}
