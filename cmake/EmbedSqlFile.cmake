# Run by walferry_embed_sql: IN is the .sql file, OUT the header, NAME the constant's name.
file(READ ${IN} sql)
string(TOUPPER ${NAME} constant)
string(REPLACE "\\" "\\\\" sql "${sql}")
string(REPLACE "\"" "\\\"" sql "${sql}")
string(REPLACE "\n" "\\n\"\n    \"" sql "${sql}")
# A query may be longer than the 4095 bytes that every C compiler must take.
file(WRITE ${OUT} "/* Made from ${NAME}.sql by the build. */\n"
                  "#pragma GCC diagnostic push\n"
                  "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n"
                  "static const char SQL_${constant}[] =\n    \"${sql}\";\n"
                  "#pragma GCC diagnostic pop\n")
