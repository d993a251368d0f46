# fish completion for extq: what the program says of its own option tables.
function __extq_words
    set -l words (commandline -opc)
    set -l command $words[2]
    set -l before $words[-1]
    set -l tab (printf '\t')

    test "$command" = help; and set -e command
    for line in ($words[1] help --words $command 2>/dev/null)
        set -l part (string split $tab -- $line)
        if set -q command[1]; and test "$part[1]" = "$before" -a "$part[2]" != -
            switch $part[2]
                case FILE
                    __fish_complete_path (commandline -ct)
                case '*|*'
                    string split '|' -- $part[2]
            end
            return
        end
        # Verbs stand in front of all else.
        if not set -q command[1]; or string match -q -- '-*' $part[1]; or test (count $words) -eq 2
            echo $part[1]$tab$part[3]
        end
    end
end
complete -c extq -f -a '(__extq_words)'
