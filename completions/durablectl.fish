# fish completion for durablectl
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
