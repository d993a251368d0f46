# bash completion for extq: what the program says of its own option tables.
# shellcheck shell=bash
_extq() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local command=${COMP_WORDS[1]} at=$COMP_CWORD name wants words=()

  ((at == 1)) || [[ $command == help ]] && command=
  while IFS=$'\t' read -r name wants _; do
    if [[ -n $command && $name == "$before" && $wants != - ]]; then
      if [[ $wants == FILE ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
      else
        # The name of what is wanted, "NAME", is no word.
        [[ $wants == *"|"* ]] || wants=
        mapfile -t COMPREPLY < <(compgen -W "${wants//|/ }" -- "$word")
      fi
      return
    fi
    # Verbs stand in front of all else.
    [[ -z $command || $name == -* || $at -eq 2 ]] && words+=("$name")
  done < <("$1" help --words ${command:+"$command"} 2>/dev/null)
  mapfile -t COMPREPLY < <(compgen -W "${words[*]}" -- "$word")
}
complete -F _extq extq
