namespace CodeSign.Cli.Grammar;

/// <summary>Shell completion: small scripts that ask csctl itself.</summary>
internal static class Completion
{
    public static string Script(string shell) => shell switch
    {
        "bash" => """
            # csctl completion for bash: source it, or put it into /usr/share/bash-completion/completions/csctl
            _csctl() {
                local line=${COMP_LINE:0:COMP_POINT} words
                words=$(csctl "[suggest:${#line}]" "$line" 2>/dev/null) || return
                COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _csctl csctl

            """,
        "zsh" => """
            #compdef csctl
            # csctl completion for zsh: put it as _csctl into a folder of $fpath
            _csctl() {
                local line="${BUFFER:0:$CURSOR}"
                local -a words
                words=("${(@f)$(csctl "[suggest:${#line}]" "$line" 2>/dev/null)}")
                compadd -a words || _files
            }
            compdef _csctl csctl

            """,
        _ => """
            # csctl completion for fish: put it into ~/.config/fish/completions/csctl.fish
            function __csctl
                set -l line (commandline -cp)
                csctl "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
            end
            complete -c csctl -a '(__csctl)'

            """,
    };
}
