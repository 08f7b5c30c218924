# fish completion for durablectl
# Load it with: durablectl completion fish | source

function __durablectl_complete
    set -l words (commandline -opc)
    set -l token (commandline -ct)
    env _DURABLECTL_COMPLETE=fish $words "$token" 2>/dev/null
end

complete --command durablectl --no-files --keep-order --arguments '(__durablectl_complete)'
