"""What each shell needs to complete our commands: a few lines that ask the program itself."""

from __future__ import annotations

from collections.abc import Mapping

VARIABLE = "_DURABLECTL_COMPLETE"
"""Names the shell that asks for candidates, instead of a command to be run."""

_BASH = r"""# bash completion for durablectl
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
"""

_ZSH = r"""#compdef durablectl
# zsh completion for durablectl
# Load it with: source <(durablectl completion zsh), or keep it as _durablectl in a folder of your fpath

_durablectl() {
    local -a found
    found=("${(@f)$(_DURABLECTL_COMPLETE=zsh "${words[1]}" "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    found=("${(@)found:#}")
    if (( $#found )); then
        _describe -V durablectl found
    else
        _files
    fi
}

if [[ "${funcstack[1]}" == _durablectl ]]; then
    _durablectl "$@"
elif (( $+functions[compdef] )); then
    compdef _durablectl durablectl
fi
"""

_FISH = r"""# fish completion for durablectl
# Load it with: durablectl completion fish | source

function __durablectl_complete
    set -l words (commandline -opc)
    set -l token (commandline -ct)
    set -l found (env _DURABLECTL_COMPLETE=fish $words "$token" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path "$token"
    end
end

complete --command durablectl --no-files --keep-order --arguments '(__durablectl_complete)'
"""

_POWERSHELL = r"""# PowerShell completion for durablectl
# Load it with: durablectl completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName durablectl -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    # What stands behind the cursor is none of the words; a quoted one counts without its quotes.
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { "$_" }
        })
    $words += $wordToComplete.TrimStart("'", '"')
    $Env:_DURABLECTL_COMPLETE = 'powershell'
    $Env:_DURABLECTL_COMPLETE_WORDS = $words -join "`n"
    try {
        durablectl 2>$null | ForEach-Object {
            $text = if ($_ -match '[^\w./:=@+-]') { "'" + $_.Replace("'", "''") + "'" } else { $_ }
            [System.Management.Automation.CompletionResult]::new($text, $_, 'ParameterValue', $_)
        }
    } finally {
        Remove-Item Env:_DURABLECTL_COMPLETE, Env:_DURABLECTL_COMPLETE_WORDS -ErrorAction SilentlyContinue
    }
}
"""

SCRIPTS: Mapping[str, str] = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH, "powershell": _POWERSHELL}
"""The script of each shell."""
