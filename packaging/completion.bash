# bash completion for assay. Words, options and the values they take are read
# from the help of the very program that is typed, so there is no list here that
# could be out of date. It needs nothing but bash.

# The entries of a block of some help: _assay_block HEADING HELP
_assay_block() {
  local line inside=no
  while IFS= read -r line; do
    if [[ $line == [A-Z]*: ]]; then
      inside=no
      [[ $line != "$1" ]] || inside=yes
    elif [[ $inside == yes && $line == '  '[^\ ]* ]]; then
      printf '%s\n' "${line:2}"
    fi
  done <<<"$2"
}

_assay_words() {
  local entry
  _assay_block Subcommands: "$1" | while IFS= read -r entry; do printf '%s\n' "${entry%% *}"; done
}

# The options in some help: each on a line, with the value that it takes, which
# is one blank away; what the option means is further off.
_assay_options() {
  local line name value
  while IFS= read -r line; do
    [[ $line == '  -'* ]] || continue
    read -r name _ <<<"$line"
    value=${line#*"$name"}
    [[ $value == ' '[^\ ]* ]] || value=''
    read -r value _ <<<"$value"
    printf '%s %s\n' "${name##*,}" "$value"
  done <<<"$1"
}

# Profiles by name as if they were files: a folder first, then what is in it.
_assay_profiles() {
  local name rest
  "$1" list profile-names 2>/dev/null | while IFS= read -r name; do
    [[ $name == "$2"* ]] || continue
    rest=${name#"$2"}
    [[ $rest != */* ]] || name=$2${rest%%/*}/
    printf '%s\n' "$name"
  done | sort -u
}

_assay_offer() {
  mapfile -O "${#COMPREPLY[@]}" -t COMPREPLY
}

_assay_offer_files() {
  _assay_offer < <(compgen "$@" | sort -u)
  compopt -o filenames 2>/dev/null
}

# A file may be offered as several kinds.
_assay_once() {
  local -A seen=()
  local one once=()
  for one in "${COMPREPLY[@]}"; do
    [[ -n ${seen[$one]-} ]] || once+=("$one")
    seen[$one]=yes
  done
  COMPREPLY=("${once[@]}")
}

# What may stand for a value: _assay_value PROGRAM KIND TYPED, where a kind is
# one of several with | between them, and a small letter stands for itself.
_assay_value() {
  local kind kinds
  IFS='|' read -ra kinds <<<"$2"
  for kind in "${kinds[@]}"; do
    case $kind in
      PROFILE)
        _assay_offer < <(_assay_profiles "$1" "$3")
        [[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != */ ]] || compopt -o nospace 2>/dev/null
        _assay_offer_files -f -X '!*.json' -- "$3"
        _assay_offer_files -d -- "$3"
        ;;
      SYSTEM) _assay_offer < <(compgen -W "$("$1" list system-names 2>/dev/null)" -- "$3") ;;
      DIR) _assay_offer_files -d -- "$3" ;;
      *FILE* | REPORT | HISTORY) _assay_offer_files -f -- "$3" ;;
      [a-z]*) _assay_offer < <(compgen -W "$kind" -- "$3") ;;
    esac
  done
  _assay_once
}

# The kind of the positional that comes after COUNT others; one with dots may be
# there many times: _assay_positional HELP COUNT
_assay_positional() {
  local entry name kind='' number=0
  while IFS= read -r entry; do
    read -r name kind _ <<<"$entry"
    [[ $kind != TEXT ]] || kind=${name^^}
    if ((number++ == $2)) || [[ $entry == *' ...'* ]]; then
      printf '%s\n' "$kind"
      return
    fi
  done < <(_assay_block Positionals: "$1")
}

_assay() {
  local program=${1/#\~/$HOME} typed=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} word='' help
  COMPREPLY=()
  ((COMP_CWORD < 2)) || word=${COMP_WORDS[1]}
  help=$("$program" ${word:+"$word"} --help 2>/dev/null) || return 0
  if [[ $typed == = ]]; then  # --option=VALUE comes in three parts
    typed=''
  elif [[ $before == = ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi

  local -A takes=()
  local option value
  while read -r option value; do
    [[ -z $option ]] || takes[$option]=$value
  done < <(_assay_options "$help")

  if [[ -n $before && -n ${takes[$before]-} ]]; then
    _assay_value "$program" "${takes[$before]}" "$typed"
  elif [[ $typed == -* ]]; then
    _assay_offer < <(compgen -W "${!takes[*]}" -- "$typed" | sort)
  elif [[ -z $word ]]; then
    _assay_offer < <(compgen -W "$(_assay_words "$help")" -- "$typed")
  else
    local i count=0
    for ((i = 2; i < COMP_CWORD; ++i)); do
      case ${COMP_WORDS[i]} in
        =) ((++i)) ;;
        -*) [[ -z ${takes[${COMP_WORDS[i]}]-} || ${COMP_WORDS[i + 1]} == = ]] || ((++i)) ;;
        *) ((++count)) ;;
      esac
    done
    _assay_value "$program" "$(_assay_positional "$help" "$count")" "$typed"
  fi
}

complete -F _assay assay
