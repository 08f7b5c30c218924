# PowerShell completion for durablectl
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
