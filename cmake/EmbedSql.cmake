# walferry_embed_sql(target sql/NAME.sql...): each file becomes the C string SQL_NAME (upper case),
# to be had with #include "NAME.sql.h". The file itself stays SQL that psql can read.
set(WALFERRY_EMBED_SQL_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/EmbedSqlFile.cmake)

function(walferry_embed_sql target)
    set(directory ${CMAKE_CURRENT_BINARY_DIR}/sql)
    foreach(file IN LISTS ARGN)
        get_filename_component(name ${file} NAME_WE)
        set(header ${directory}/${name}.sql.h)
        add_custom_command(
            OUTPUT ${header}
            COMMAND ${CMAKE_COMMAND} -DIN=${CMAKE_CURRENT_SOURCE_DIR}/${file} -DOUT=${header}
                    -DNAME=${name} -P ${WALFERRY_EMBED_SQL_SCRIPT}
            DEPENDS ${file} ${WALFERRY_EMBED_SQL_SCRIPT}
            VERBATIM)
        target_sources(${target} PRIVATE ${header})
    endforeach()
    target_include_directories(${target} PRIVATE ${directory})
endfunction()
