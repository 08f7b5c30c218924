# PowerShell completion for durablectl
# Load it with: durablectl completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName durablectl -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
    if ($wordToComplete -eq '') { $words += '' }
    $Env:_DURABLECTL_COMPLETE = 'powershell'
    $Env:_DURABLECTL_COMPLETE_WORDS = $words -join "`n"
    try {
        durablectl 2>$null | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
        }
    } finally {
        Remove-Item Env:_DURABLECTL_COMPLETE, Env:_DURABLECTL_COMPLETE_WORDS
    }
}
