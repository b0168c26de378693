# Run by walferry_embed_sql: IN is the .sql file, OUT the header, NAME the constant's name.
file(READ ${IN} sql)
string(TOUPPER ${NAME} constant)
string(REPLACE "\\" "\\\\" sql "${sql}")
string(REPLACE "\"" "\\\"" sql "${sql}")
string(REPLACE "\n" "\\n\"\n    \"" sql "${sql}")
file(WRITE ${OUT} "/* Made from ${NAME}.sql by the build. */\n"
                  "static const char SQL_${constant}[] =\n    \"${sql}\";\n")
