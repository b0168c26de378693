/* libconfig 1.5 loses the text that it is in when it meets a syntax error: not ours to mend. Read
 * by LeakSanitizer, where there is one. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so\n";
}
