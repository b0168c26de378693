#include "cli/arguments.h"

#include "common/nearest.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

void arguments_allow(Arguments *arguments, const Option *options)
{
    for (; options && options->name; options++) {
        assert(arguments->option_count < ARGUMENTS_OPTIONS_MAX);
        arguments->options[arguments->option_count++] = options;
    }
}

/* The place of the option that `word` names, up to an equals sign; option_count if there is none */
static size_t find(const Arguments *arguments, const char *word)
{
    size_t length = strcspn(word, "="), i;

    for (i = 0; i < arguments->option_count; i++) {
        const Option *option = arguments->options[i];

        if (option->letter && strcmp(option->letter, word) == 0)
            break;
        if (strlen(option->name) == length && memcmp(option->name, word, length) == 0)
            break;
    }
    return i;
}

static bool refuse_unknown(const Arguments *arguments, const char *word,
                           char why[ARGUMENTS_WHY_MAX])
{
    const char *names[ARGUMENTS_OPTIONS_MAX + 1] = {NULL};
    const char *similar;

    for (size_t i = 0; i < arguments->option_count; i++)
        names[i] = arguments->options[i]->name;
    similar = nearest_of(word, names);
    if (similar)
        snprintf(why, ARGUMENTS_WHY_MAX, "unknown option '%.60s', did you mean '%s'?", word,
                 similar);
    else
        snprintf(why, ARGUMENTS_WHY_MAX, "unknown option '%.60s'", word);
    return false;
}

/* *next is the argument behind, which an option may take. */
static bool take_option(Arguments *arguments, const char *word, char *const **next,
                        char why[ARGUMENTS_WHY_MAX])
{
    size_t i = find(arguments, word);
    const char *equals = strchr(word, '=');
    const Option *option;

    if (i == arguments->option_count)
        return refuse_unknown(arguments, word, why);
    option = arguments->options[i];
    if (!option->operand && equals) {
        snprintf(why, ARGUMENTS_WHY_MAX, "%s takes no value", option->name);
        return false;
    }
    if (option->operand && !equals && !**next) {
        snprintf(why, ARGUMENTS_WHY_MAX, "%s needs a value: %s", option->name, option->operand);
        return false;
    }
    if (!option->operand)
        arguments->values[i] = "";
    else
        arguments->values[i] = equals ? equals + 1 : *(*next)++;
    return true;
}

bool arguments_parse(Arguments *arguments, char *const *argv, char why[ARGUMENTS_WHY_MAX])
{
    char *const *next = argv;
    bool only_words = false;

    while (*next) {
        const char *word = *next++;

        if (!only_words && strcmp(word, "--") == 0) {
            only_words = true;
        } else if (!only_words && word[0] == '-' && word[1] != '\0') {
            if (!take_option(arguments, word, &next, why))
                return false;
        } else if (arguments->word_count == ARGUMENTS_WORDS_MAX) {
            snprintf(why, ARGUMENTS_WHY_MAX, "more than %d words", ARGUMENTS_WORDS_MAX);
            return false;
        } else {
            arguments->words[arguments->word_count++] = word;
        }
    }
    return true;
}

const char *arguments_value(const Arguments *arguments, const char *name)
{
    size_t i = find(arguments, name);

    assert(i < arguments->option_count);
    return arguments->values[i];
}
