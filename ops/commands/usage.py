"""Says in one line what is wrong with a command line, and where its help is."""

import re

import typer

# What typer says, and how a seller would say it. An option's name may have its short form beside.
_NAME = r"'?(?P<name>[^' /]+)(?: / [^']*)?'?"
_WORDINGS = {
    rf"Invalid value for {_NAME}: (?P<problem>.*)": "{name}: {problem}",
    r"Invalid value: (?P<text>.*)": "{text}",
    rf"Missing option {_NAME}\. Choose from: (?P<others>.*)": "{name} is missing: one of {others}",
    rf"Missing (option|argument) {_NAME}\..*": "{name} is missing",
    r"No such option: '?--local'?( .*)?": "--local goes before the command: dayfive --local ...",
    rf"No such option: {_NAME} \(Possible options: (--help, )?(?P<others>.*)\)": (
        "there is no option {name} ({others}?)"
    ),
    rf"No such option: {_NAME}": "there is no option {name}",
    rf"No such command {_NAME}\. Did you mean (?P<others>.*)\?": (
        "there is no command {name} ({others}?)"
    ),
    rf"No such command {_NAME}\..*": "there is no command {name}",
    r"Got unexpected extra argument(s|\(s\))? \((?P<name>.*)\)": "{name}: not expected here",
    rf"Option {_NAME} requires an argument\.": "{name} needs a value",
}
_PROBLEMS = {
    r"Input should be a valid integer.*": "must be a whole number",
    r"Input should be a valid (number|decimal).*": "must be a number",
    r"Input should be greater than or equal to (?P<bound>.*)": "must be {bound} or more",
    r"Input should be less than or equal to (?P<bound>.*)": "must be {bound} or less",
    r"(Value error, )?.* is not one of (?P<choices>.*?)\.?": "must be one of {choices}",
    r"Value error, (?P<text>.*)": "{text}",
}


def usage_text(error: typer.TyperException) -> str:
    """The error in one line, with the command whose help tells more."""
    text = _reworded(" ".join(error.format_message().split()), _WORDINGS)
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "dayfive"
    return f"{text}; see: {command} --help"


def _reworded(text: str, wordings: dict[str, str]) -> str:
    for pattern, wording in wordings.items():
        if match := re.fullmatch(pattern, text):
            parts = match.groupdict()
            if "problem" in parts:
                parts["problem"] = _reworded(parts["problem"], _PROBLEMS)
            for each in {"choices", "others"} & parts.keys():
                parts[each] = parts[each].replace("'", "")
            return wording.format(**parts)
    return text
