# bash completion for extq: what the program itself says in its help.
# shellcheck shell=bash
_extq() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local words

  case $before in
  -c | --config | --ledger | --payload-file)
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    return
    ;;
  esac
  if ((COMP_CWORD == 1)) || [[ $before == help ]]; then
    words="help $("$1" help 2>/dev/null |
      sed -n '/^Commands:/,$s/^  \([a-z-]*\) .*/\1/p')"
  else
    words=$("$1" help "${COMP_WORDS[1]}" 2>/dev/null |
      sed -n '/^Options:/,$p' | grep -o -- '--[a-z][a-z-]*')
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _extq extq
