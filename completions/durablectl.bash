# bash completion for durablectl
# Load it with: source <(durablectl completion bash)

_durablectl() {
    COMPREPLY=()
    local candidate
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(_DURABLECTL_COMPLETE=bash COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" \
        COMP_WORDBREAKS="$COMP_WORDBREAKS" "$1" 2>/dev/null)
}

complete -o nosort -o default -F _durablectl durablectl 2>/dev/null || complete -o default -F _durablectl durablectl
