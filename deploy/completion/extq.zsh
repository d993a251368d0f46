#compdef extq
# zsh completion for extq: what the program says of its own option tables.
_extq() {
  local command=$words[2] before=$words[CURRENT-1] name wants help
  local -a found

  (( CURRENT == 2 )) && command=
  [[ $command == help ]] && command=
  while IFS=$'\t' read -r name wants help; do
    if [[ -n $command && $name == $before && $wants != - ]]; then
      if [[ $wants == FILE ]]; then
        _files
      elif [[ $wants == *'|'* ]]; then
        compadd -- ${(s:|:)wants}
      else
        _message $wants
      fi
      return
    fi
    # Verbs stand in front of all else.
    [[ -z $command || $name == -* || $CURRENT -eq 3 ]] || continue
    [[ $help == - ]] && found+=($name) || found+=("$name:$help")
  done < <($words[1] help --words $command 2>/dev/null)
  _describe extq found
}
if [[ $funcstack[1] == _extq ]]; then
  _extq "$@"
else
  compdef _extq extq
fi
